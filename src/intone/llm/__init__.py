"""Models: messages, requests, the Backend protocol, the embedded engine, HTTP APIs, a fake."""
