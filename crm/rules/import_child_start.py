"""Where the child process of an import begins: the native parser reads the file while Python still loads the rest.

The path and the file's name come as arguments, because they are needed before what the task is made of can be loaded.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from common.sheets import read_rows


def main() -> None:
    path, file_name = sys.argv[1:]
    # Nobody else may write into the pipe of frames, whatever a library prints.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0) as pipe, ThreadPoolExecutor(1) as pool:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        opening = pool.submit(read_rows, path, file_name, measured=True)
        from crm.rules import import_child

        import_child.main(opening, pipe)


if __name__ == "__main__":
    main()
