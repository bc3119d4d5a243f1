"""The contracts, data only: Avro schemas, the ids that stand for them, the topics, and examples."""
