"""LeanHttpUser's client: FastHttpUser's, over sockets that stay open and heads of requests that are built once."""
