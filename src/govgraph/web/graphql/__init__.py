"""GraphQL over HTTP, WebSocket and server-sent events, and the explorer; runs no field."""

from govgraph.web.graphql.endpoint import routes

__all__ = ["routes"]
