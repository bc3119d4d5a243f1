"""The pure core: what is true of a customer, given events. No Kafka, no clock, no environment, no files."""
