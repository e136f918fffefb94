"""The local stack: everything needed to run Skylatch on one machine.

commands         what `python -m sidecar local` offers
stack            up, down, status
├── packages     what the distribution provides
├── plpython     the database server's Python package
├── cluster      a private PostgreSQL cluster; throwaway: one for tests
├── redis_server a private Redis
├── settings     generated settings and secrets
└── supervision  supervisord, which runs the programs
places, accounts, waiting   paths; who runs what; bounded waits
"""
