"""Tests. Threads that wait for each other by spinning cost twenty times their work where cores are shared."""

import os

# Read by the OpenMP runtime when LightGBM is loaded, so it stands before every other import.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
