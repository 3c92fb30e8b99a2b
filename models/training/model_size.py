"""Sizes shared by everything that touches pixels; no heavy imports."""

HEIGHT = 48
STRIDE = 4
WIDTH_MULTIPLE = 8
