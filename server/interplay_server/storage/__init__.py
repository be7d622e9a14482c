"""Where everything is kept: a SQLite ledger and LanceDB tables in one folder for each tenant."""

from interplay_server.storage.import_later import import_later

# LanceDB takes types from the client of a catalogue's REST interface, and with them the whole client, whose making is
# a fifth of a server's start: .7 of 3.3 s of processor.
import_later("lance_namespace_urllib3_client")
