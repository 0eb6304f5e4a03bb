"""Levelhead's streams as NumPy structured arrays."""

from .protocol import HEADER, Schema
from .subscriber import Absent, Frame, Garbage, Missed, NewRun, Silent, Subscriber

__all__ = ["HEADER", "Absent", "Frame", "Garbage", "Missed", "NewRun", "Schema", "Silent", "Subscriber"]
