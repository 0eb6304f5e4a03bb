"""Levelhead's streams as NumPy structured arrays."""

from .protocol import HEADER, Schema
from .subscriber import Absent, Ended, Feed, Frame, Garbage, Missed, NewRun, Silent, Subscriber

__all__ = ["HEADER", "Absent", "Ended", "Feed", "Frame", "Garbage", "Missed", "NewRun", "Schema", "Silent", "Subscriber"]
