"""The service, played locally: a small server that speaks the wire contract and draws pictures.

For trying, teaching and tests without a key. It is an island: it imports nothing of the rest of
the package, so that one mistake cannot cancel out on both sides of the wire.

    server      sockets, threads and the clock (the only tornado)
    routes      request -> answer, given the clock and the memory
    simulation  creation record and clock -> the prediction's JSON state
    catalogue   the models: inputs, sizes, run times
    wishes      input -> what it asks of its picture beyond prompt, seed and size
    drawing     prompt and seed -> picture (with its neighbours, the only Pillow)

Start it with ``python -m comet_jupyter.sandbox``.
"""
