"""The demo company: a believable distributor in Hefei, made the same from the same seed."""

from config.demo.load import DemoResult, load_demo

__all__ = ["DemoResult", "load_demo"]
