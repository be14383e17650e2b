"""The night's pages: one SQL file and one template per page."""
