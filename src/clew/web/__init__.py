"""HTTP without a dialect: requests, answers, tables of operations, and the ASGI application that joins them."""
