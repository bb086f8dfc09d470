"""The command `synthetic-data`: its options, its screen, its server, and the plugin for `prefect`."""
