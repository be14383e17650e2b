"""Static pages: layout, tables, numbers and charts. It knows pages in general, and none in particular."""
