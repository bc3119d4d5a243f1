"""A real Apache Kafka as a child process: one KRaft node on free loopback ports, reused where one runs."""
