"""Data in: declared files become typed raw tables, with every record that was refused kept beside them."""
