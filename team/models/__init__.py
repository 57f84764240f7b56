from team.models.supervision import Instruction, InstructionAnswer

__all__ = ["Instruction", "InstructionAnswer"]
