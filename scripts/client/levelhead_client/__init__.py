"""Levelhead's streams as NumPy structured arrays."""

from .protocol import HEADER, Schema
from .subscriber import Frame, Garbage, Missed, NewRun, Silent, Subscriber

__all__ = ["HEADER", "Frame", "Garbage", "Missed", "NewRun", "Schema", "Silent", "Subscriber"]
