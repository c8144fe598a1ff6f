"""The web face: pages, documents and downloads over HTTP, derived from the contract; decides nothing about the data."""
