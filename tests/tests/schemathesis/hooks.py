"""How Schemathesis sends components and images: as bytes."""

import schemathesis


@schemathesis.serializer("application/wasm")
def component(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.serializer("image/*")
def image(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode()
