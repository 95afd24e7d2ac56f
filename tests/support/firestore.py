"""A Firestore on loopback for tests: its gRPC v1 `BatchGetDocuments`, as the official client asks for one document.

It is no Firestore: it holds documents in memory and knows that one method. The client and its wire are real.
https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import grpc
from google.cloud.firestore_v1 import _helpers
from google.cloud.firestore_v1.types import BatchGetDocumentsRequest, BatchGetDocumentsResponse, Document

METHOD = "/google.firestore.v1.Firestore/BatchGetDocuments"


@dataclass
class FirestoreServer:
    """`documents`: by path, as Python values. `refuse`: the status that every call is answered with."""

    address: str = ""
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuse: grpc.StatusCode | None = None
    metadata: list[dict[str, str]] = field(default_factory=list)


@asynccontextmanager
async def running_firestore() -> AsyncIterator[FirestoreServer]:
    server = FirestoreServer()

    async def answer(request: BatchGetDocumentsRequest, context: Any) -> AsyncIterator[BatchGetDocumentsResponse]:
        server.metadata.append(dict(context.invocation_metadata()))
        if server.refuse is not None:
            await context.abort(server.refuse, "refused")
        now = datetime.now(UTC)
        for name in request.documents:
            fields = server.documents.get(name.partition("/documents/")[2])
            if fields is None:
                yield BatchGetDocumentsResponse(missing=name, read_time=now)
            else:
                encoded = _helpers.encode_dict(fields)
                found = Document(name=name, fields=encoded, create_time=now, update_time=now)
                yield BatchGetDocumentsResponse(found=found, read_time=now)

    handler = grpc.unary_stream_rpc_method_handler(
        answer,
        request_deserializer=BatchGetDocumentsRequest.deserialize,
        response_serializer=BatchGetDocumentsResponse.serialize,
    )
    running = grpc.aio.server()
    service, method = METHOD[1:].split("/")
    running.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    port = running.add_insecure_port("127.0.0.1:0")
    await running.start()
    server.address = f"127.0.0.1:{port}"
    try:
        yield server
    finally:
        await running.stop(None)
