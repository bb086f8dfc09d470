"""The command `synthetic-data`: its options, its screen, its server, and the plugin for `prefect`.

Its face: main.main and app, options, screen, local_server.server, prefect_settings, prefect_plugin.
"""
