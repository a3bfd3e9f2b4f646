"""The door over HTTP: routes that parse, ask who calls, and make one call into the house."""
