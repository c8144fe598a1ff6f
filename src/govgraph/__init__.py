"""govgraph: a country's digital services, building blocks, law and roadmap as one linked graph."""

from importlib.metadata import version

__version__ = version("govgraph")
