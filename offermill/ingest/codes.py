"""Codes of why a record was not taken and of what was noted about a file: pages say them in the reader's language."""

from typing import Literal

# Each goes with at most one detail, such as the limit that a value breaks; never with the value itself.
RejectCode = Literal[
    "missing",
    "hidden_in_id",
    "other_currency",
    "not_listed",
    "no_boolean",
    "not_above",
    "below",
    "above",
    "decimal_comma",
    "no_amount",
    "no_integer",
    "no_decimal",
    "too_fine",
    "too_large",
    "no_date",
    "no_time",
    "too_early",
    "too_late",
    "skipped_hour",
    "future",
    "bad_bytes",
    "repeated_header",
    "field_count",
    "csv_quotes",
    "no_json",
    "no_object",
    "too_nested",
    "same_name",
    "no_constant",
    "not_flat",
    "half_pair",
]
NoteCode = Literal[
    "hidden_characters",
    "repeated_hour",
    "look_alike_id",
    "no_records",
    "ignored_columns",
    "absent_columns",
    "changed_file",
]
