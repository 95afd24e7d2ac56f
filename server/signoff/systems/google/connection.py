"""The official clients, each made on first use: over Google's own endpoints, or to the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from signoff.model.facts import Why
from signoff.systems.google import packages

if TYPE_CHECKING:
    from google.cloud.artifactregistry_v1 import ArtifactRegistryAsyncClient
    from google.cloud.devtools.cloudbuild_v1 import CloudBuildAsyncClient
    from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2AsyncClient
    from google.cloud.resourcemanager_v3 import ProjectsAsyncClient
    from google.cloud.run_v2 import (
        ExecutionsAsyncClient,
        JobsAsyncClient,
        RevisionsAsyncClient,
        ServicesAsyncClient,
        TasksAsyncClient,
        WorkerPoolsAsyncClient,
    )
    from google.cloud.secretmanager_v1 import SecretManagerServiceAsyncClient
    from google.cloud.storage import Client as StorageClient

C = TypeVar("C")

TOKEN = "sandbox"
"""A made-up token: the sandbox only keeps strangers on this machine out with it."""
_HTTP_KEY = "x-sandbox-http"
_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class Connection:
    """Clients share one login, or one channel to the sandbox; `close()` ends them.

    With a sandbox address no credential of the person is looked for or sent. The clients' own retry is switched off
    at each call (`CALL`): the boundary retries.
    """

    CALL: dict[str, Any] = {"retry": None}  # noqa: RUF012  the keyword arguments of every call

    def __init__(self, sandbox: str | None) -> None:
        self.sandbox = sandbox
        self._sandbox_http = ""
        self._closing: list[Callable[[], Awaitable[Any]]] = []

    def why(self, error: Exception) -> Why | None:
        """The reason that an exception of these clients gives; None for a bug."""
        from signoff.systems.google.errors import why

        return why(error)

    async def login(self) -> None:
        """Load the clients and find the credentials without holding up the event loop: looking for a metadata server
        takes seconds.

        Raises google.auth's DefaultCredentialsError, which `why` calls `expired`.
        """
        if not packages.are_loaded():
            await asyncio.to_thread(packages.load)
        if self.sandbox is None and "_credentials" not in self.__dict__:
            await asyncio.to_thread(lambda: self._credentials)

    async def credentials(self) -> Any:
        """For a client that is made elsewhere, of a service that the sandbox does not have. As `login`."""
        await self.login()
        return self._credentials

    def load_logging(self) -> None:
        """Load what logs are asked with, which takes a while where it was not done before. Safe in a worker thread."""
        packages.load_logging()

    async def refresh(self) -> str | None:
        """Have the login give a token, as every call would; the account it speaks for, where it says.

        Raises google.auth's errors; in a sandbox nothing is asked.
        """
        await self.login()
        if self.sandbox is not None:
            return TOKEN
        return await asyncio.to_thread(self._refreshed)

    def _refreshed(self) -> str | None:
        from google.auth.transport.requests import Request

        credentials = self._credentials
        if not credentials.valid:
            credentials.refresh(Request())
        return getattr(credentials, "service_account_email", None) or getattr(credentials, "account", None) or None

    async def id_token(self, audience: str) -> str:
        """A token that says to `audience` who this login is. Raises google.auth's errors."""
        await self.login()
        return TOKEN if self.sandbox is not None else await asyncio.to_thread(self._id_token, audience)

    def _id_token(self, audience: str) -> str:
        from google.auth import impersonated_credentials
        from google.auth.transport.requests import Request
        from google.oauth2 import id_token

        if not isinstance(self._credentials, impersonated_credentials.Credentials):
            return str(id_token.fetch_id_token(Request(), audience))  # type: ignore[no-untyped-call]
        made = impersonated_credentials.IDTokenCredentials(  # type: ignore[no-untyped-call]
            self._credentials, target_audience=audience, include_email=True
        )
        made.refresh(Request())
        return str(made.token)

    @cached_property
    def services(self) -> ServicesAsyncClient:
        from google.cloud.run_v2.services.services import ServicesAsyncClient

        return self._made(ServicesAsyncClient)

    @cached_property
    def revisions(self) -> RevisionsAsyncClient:
        from google.cloud.run_v2.services.revisions import RevisionsAsyncClient

        return self._made(RevisionsAsyncClient)

    @cached_property
    def jobs(self) -> JobsAsyncClient:
        from google.cloud.run_v2.services.jobs import JobsAsyncClient

        return self._made(JobsAsyncClient)

    @cached_property
    def executions(self) -> ExecutionsAsyncClient:
        from google.cloud.run_v2.services.executions import ExecutionsAsyncClient

        return self._made(ExecutionsAsyncClient)

    @cached_property
    def tasks(self) -> TasksAsyncClient:
        from google.cloud.run_v2.services.tasks import TasksAsyncClient

        return self._made(TasksAsyncClient)

    @cached_property
    def worker_pools(self) -> WorkerPoolsAsyncClient:
        from google.cloud.run_v2.services.worker_pools import WorkerPoolsAsyncClient

        return self._made(WorkerPoolsAsyncClient)

    @cached_property
    def builds(self) -> CloudBuildAsyncClient:
        from google.cloud.devtools.cloudbuild_v1.services.cloud_build import CloudBuildAsyncClient

        return self._made(CloudBuildAsyncClient)

    @cached_property
    def registry(self) -> ArtifactRegistryAsyncClient:
        from google.cloud import artifactregistry_v1

        return self._made(artifactregistry_v1.ArtifactRegistryAsyncClient)

    @cached_property
    def logging(self) -> LoggingServiceV2AsyncClient:
        self.load_logging()
        from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2AsyncClient

        return self._made(LoggingServiceV2AsyncClient)

    @cached_property
    def projects(self) -> ProjectsAsyncClient:
        from google.cloud import resourcemanager_v3

        return self._made(resourcemanager_v3.ProjectsAsyncClient)

    @cached_property
    def secrets(self) -> SecretManagerServiceAsyncClient:
        """Raises ImportError where the extra `secrets` is not installed."""
        from google.cloud import secretmanager_v1

        return self._made(secretmanager_v1.SecretManagerServiceAsyncClient)

    @cached_property
    def storage(self) -> StorageClient:
        """Synchronous: use it in a worker thread. The sandbox's is at the HTTP address that its gRPC answers name."""
        from google.cloud import storage

        if self.sandbox is None:
            return storage.Client(project="signoff", credentials=self._credentials)
        if not self._sandbox_http:
            raise ConnectionError("the sandbox has not said yet where it speaks HTTP")
        from google.oauth2.credentials import Credentials

        credentials: Any = Credentials(token=TOKEN)  # type: ignore[no-untyped-call]
        endpoint = {"api_endpoint": f"http://{self._sandbox_http}"}
        return storage.Client(project="signoff", credentials=credentials, client_options=endpoint)

    async def close(self) -> None:
        """End the connections; the object can not be used after that."""
        for close in reversed(self._closing):
            await close()
        self._closing.clear()
        if "storage" in self.__dict__:
            await asyncio.to_thread(self.storage.close)

    @cached_property
    def _credentials(self) -> Any:
        import google.auth

        return google.auth.default(scopes=_SCOPES)[0]

    @cached_property
    def _channel(self) -> Any:
        import grpc.aio

        options = [("grpc.max_receive_message_length", -1)]
        caller = _sandbox_caller(self._learn)
        channel = grpc.aio.insecure_channel(self.sandbox or "", options=options, interceptors=[caller])
        self._closing.append(lambda: channel.close(None))
        return channel

    def _learn(self, metadata: Any) -> None:
        self._sandbox_http = dict(metadata).get(_HTTP_KEY, self._sandbox_http)

    def _made(self, client_class: type[C]) -> C:
        from google.api_core.gapic_v1.client_info import ClientInfo

        from signoff import __version__

        made: Any = client_class  # the generated clients have no base class of their own
        client: Any
        about: Any = ClientInfo
        says = about(user_agent=f"signoff/{__version__}")  # so that others can tell whose calls these are
        if self.sandbox is not None:
            transport = made.get_transport_class("grpc_asyncio")
            client = made(transport=transport(channel=self._channel, client_info=says))
        else:
            client = made(credentials=self._credentials, transport="grpc_asyncio", client_info=says)
            self._closing.append(client.transport.close)
        return client  # type: ignore[no-any-return]


def _sandbox_caller(learn: Callable[[Any], None]) -> Any:
    """An interceptor that sends the sandbox's token with every call, and hands on what its answers' metadata say."""
    import grpc.aio

    class SandboxCaller(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[type-arg]  # generic in its stubs only
        async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
            metadata = grpc.aio.Metadata(*(details.metadata or ()), ("authorization", f"Bearer {TOKEN}"))
            call = await continuation(details._replace(metadata=metadata), request)
            learn(await call.initial_metadata())
            return call

    return SandboxCaller()
