"""What the catalogue says of itself to machines elsewhere: descriptions and dumps; it knows a view, never a request."""
