"""1C:Enterprise over its standard OData interface (docs/gateways/onec.md)."""
