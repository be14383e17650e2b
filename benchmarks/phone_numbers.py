"""Seconds of one core for reading a million different telephone numbers, as the night's step offers.phone_number does.

PYTHONPATH=. .venv/bin/python benchmarks/phone_numbers.py [--rows 1000000]
"""

import argparse
from time import process_time

from offers.channels import phone

_SPELLINGS = ("+371 {} {}", "{}{}", "00371{}{}", "(371) {}-{}")


def main() -> None:
    """Print seconds and how many were numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    written = [
        _SPELLINGS[number % len(_SPELLINGS)].format(2000 + number // 10_000, f"{number % 10_000:04d}")
        for number in range(rows)
    ]
    started = process_time()
    known = sum(phone.e164(text, "LV") is not None for text in written)
    print(f"{rows:,} numbers in {process_time() - started:.1f} s of one core; {known:,} of them E.164")


if __name__ == "__main__":
    main()
