"""Levelhead's streams as NumPy structured arrays."""

from .protocol import HEADER, Schema
from .subscriber import Frame, Missed, NewRun, Silent, Subscriber

__all__ = ["HEADER", "Frame", "Missed", "NewRun", "Schema", "Silent", "Subscriber"]
