"""Everything an operator can set, read once at start. `docs/operating.md` lists it."""

import os
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from rules.checking import RuleLimits
from server.telling_settings import MailSettings, TellingSettings, WebhookSettings

PREFIX = "SALUR_"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HttpSettings(_Group):
    """Where the server listens and what it accepts."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    max_body_bytes: int = Field(1_000_000, ge=1_000)
    allowed_origins: tuple[str, ...] = ()
    # The addresses of proxies whose X-Forwarded-For is believed; none by default.
    trusted_proxies: tuple[str, ...] = ()
    secure_cookies: bool = True


class GraphSettings(_Group):
    """How much one GraphQL document may ask for."""

    max_depth: int = Field(12, ge=3)
    max_tokens: int = Field(2_000, ge=100)
    max_aliases: int = Field(20, ge=1)
    max_cost: int = Field(50_000, ge=100)
    max_page: int = Field(100, ge=1)
    count_ceiling: int = Field(10_000, ge=1)
    timeout_seconds: float = Field(30, gt=0)
    max_subscriptions: int = Field(100, ge=1)
    feed_queue: int = Field(100, ge=1)


class RateSettings(_Group):
    """How often one address may ask; the notation of the library `limits`."""

    submit: str = "30/minute"
    suggest: str = "120/minute"
    search: str = "240/minute"
    similar: str = "120/minute"
    log_in: str = "10/minute"
    track: str = "30/minute"
    upload: str = "30/minute"
    support: str = "30/minute"


class DatabaseSettings(_Group):
    """How the database is used."""

    pool_size: int = Field(10, ge=1)
    statement_timeout_ms: int = Field(10_000, ge=100)
    lock_timeout_ms: int = Field(3_000, ge=100)
    idle_in_transaction_ms: int = Field(30_000, ge=1_000)


class PostgresSettings(_Group):
    """The PostgreSQL that `salur up` starts when there is no DATABASE_URL."""

    binaries: Path | None = None
    state_dir: Path = Path("/var/lib/salur")


class ClassifierSettings(_Group):
    """How long a citizen waits for advice, and how it is looked for."""

    budget_seconds: float = Field(0.3, gt=0)
    threads: int = Field(2, ge=1)
    # How soon every process serves what was promoted; one statement on a table of a few rows.
    poll_seconds: float = Field(3, gt=0)
    # Signs what is trained; production names one. Development makes one and keeps it in the data folder.
    key_file: Path | None = None
    training_threads: int = Field(1, ge=1)


class LimitSettings(_Group):
    """Sizes of what people write, and lengths of time."""

    text_min: int = Field(10, ge=1)
    text_max: int = Field(20_000, ge=100)
    title_max: int = Field(150, ge=20)
    message_max: int = Field(10_000, ge=100)
    tags_max: int = Field(10, ge=1)
    tag_max: int = Field(40, ge=5)
    copies_max: int = Field(10, ge=1)
    pin_failures_max: int = Field(5, ge=1)
    pin_lock_seconds: int = Field(900, ge=1)
    hops_before_arbiter: int = Field(2, ge=1)
    reopen_days: int = Field(30, ge=1)
    reopens_free: int = Field(1, ge=0)
    bulk_max: int = Field(200, ge=1, le=1_000)
    # Clients say every third of it that a case is still open.
    presence_seconds: int = Field(45, ge=10, le=600)
    templates_max: int = Field(200, ge=1)
    session_hours: int = Field(12, ge=1)
    figure_days_max: int = Field(3_700, ge=31)
    figure_parts_max: int = Field(1_200, ge=31)
    figure_stock_parts_max: int = Field(60, ge=12)
    figure_rows_max: int = Field(5_000, ge=100)
    figure_least_public: int = Field(5, ge=2)
    # XLSX holds 1,048,576 rows at most.
    export_rows_max: int = Field(500_000, ge=1, le=1_000_000)
    export_ticket_seconds: int = Field(300, ge=10)
    export_days: int = Field(7, ge=1)
    search_ranked: int = Field(1_000, ge=1, le=10_000)
    search_counted: int = Field(5_000, ge=1)
    similar_days: int = Field(180, ge=1, le=3_650)
    similar_most: int = Field(5, ge=1, le=20)
    views_max: int = Field(50, ge=1)


_RULE_SIZES = frozenset(entry.name for entry in fields(RuleLimits))


class RuleSettings(_Group):
    """How routing rules become active, and how large they may be."""

    two_person_activation: bool = True
    rules: int = Field(5_000, ge=1)
    conditions: int = Field(200, ge=1)
    # What is nested deeper nobody reads, and some day a parser does not survive it.
    depth: int = Field(8, ge=1, le=16)
    values: int = Field(1_000, ge=1)
    phrase_length: int = Field(200, ge=1, le=200)
    phrase_words: int = Field(12, ge=1)
    phrases: int = Field(20_000, ge=1)
    tags: int = Field(10, ge=1)
    copies: int = Field(10, ge=1)
    replay_batch: int = Field(1_000, ge=10)
    replay_processes: int = Field(2, ge=1)
    replay_moves: int = Field(10_000, ge=1)

    def limits(self) -> RuleLimits:
        """The sizes of rules, as the rule desk takes them."""
        return RuleLimits(**{name: size for name, size in self.model_dump().items() if name in _RULE_SIZES})


class FileSettings(_Group):
    """Where attached files lie, how many and how large they may be, and how long addresses of them work."""

    kind: Literal["local", "s3"] = "local"
    # Without it: `files` below the data folder.
    folder: Path | None = None
    # What stands before `/files` where clients see it; empty when they see this server at the root.
    base_url: str = ""
    bucket: str = ""
    endpoint: str | None = None
    # The address under which browsers reach the service, when it is not `endpoint`.
    public_endpoint: str | None = None
    region: str = "us-east-1"
    access_key: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr("")
    path_style: bool = True
    files_max: int = Field(5, ge=1, le=20)
    file_bytes_max: int = Field(5 * 1024 * 1024, ge=1_024, le=100_000_000)
    files_per_complaint_max: int = Field(50, ge=1)
    waiting_bytes_max: int = Field(2_000_000_000, ge=1)
    upload_seconds: int = Field(900, ge=30, le=604_800)
    receive_seconds: float = Field(120, gt=0)
    draft_seconds: int = Field(86_400, ge=60)
    download_seconds: int = Field(300, ge=10, le=604_800)
    orphan_seconds: int = Field(3_600, ge=0)
    max_pixels: int = Field(50_000_000, ge=10_000, le=200_000_000)
    # The path of a Unix socket, or host:port. Without it nothing is scanned.
    clamav: str | None = None
    clamav_seconds: float = Field(60, gt=0)

    @model_validator(mode="after")
    def _bucket_is_complete(self) -> Self:
        keys = (self.bucket, self.access_key.get_secret_value(), self.secret_key.get_secret_value())
        if self.kind == "s3" and not all(keys):
            raise ValueError("kind s3 needs bucket, access_key and secret_key")
        return self


class Settings(BaseSettings):
    """All settings. A variable with our prefix that names none of them is refused: it is a typing error."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid", populate_by_name=True
    )

    environment: Literal["development", "production"] = "development"
    data_dir: Path = Path(".salur")
    database_url: SecretStr | None = Field(None, validation_alias=AliasChoices("DATABASE_URL", "SALUR_DATABASE_URL"))
    # Newest first; the oldest one also guards the PINs. Development makes one and keeps it in the data folder.
    vault_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    worker: Literal["inline", "separate"] = "separate"
    demo: bool = True
    log_format: Literal["console", "json"] = "console"
    knowledge_seconds: float = Field(30, gt=0)

    http: HttpSettings = HttpSettings()
    graph: GraphSettings = GraphSettings()
    rate: RateSettings = RateSettings()
    database: DatabaseSettings = DatabaseSettings()
    postgres: PostgresSettings = PostgresSettings()
    classifier: ClassifierSettings = ClassifierSettings()
    limits: LimitSettings = LimitSettings()
    mail: MailSettings = MailSettings()
    telling: TellingSettings = TellingSettings()
    webhooks: WebhookSettings = WebhookSettings()
    files: FileSettings = FileSettings()
    rules: RuleSettings = RuleSettings()

    @field_validator("vault_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part for part in value.split(",") if part] if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            known = value is None or make_url(value.get_secret_value()).get_backend_name() == "postgresql"
        except ArgumentError:
            known = False
        if not known:
            raise ValueError("must look like postgresql://user:password@host:5432/database")
        return value

    @model_validator(mode="after")
    def _production_is_explicit(self) -> Self:
        given = (self.database_url, self.vault_keys, self.classifier.key_file)
        if self.is_production and not all(given):
            raise ValueError("production needs DATABASE_URL, SALUR_VAULT_KEYS and SALUR_CLASSIFIER__KEY_FILE")
        return self

    @property
    def store_dir(self) -> Path:
        """Where classifier versions are kept."""
        return self.data_dir / "classifiers"

    @property
    def file_dir(self) -> Path:
        """Where attached files lie when they lie in a folder."""
        return self.files.folder or self.data_dir / "files"

    @property
    def dataset_dir(self) -> Path:
        """Where the files of data sets are kept."""
        return self.data_dir / "datasets"

    @property
    def export_dir(self) -> Path:
        """Where files that somebody asked for wait to be fetched."""
        return self.data_dir / "exports"

    def url(self) -> str:
        """Where the database is. Raises `NoDatabase` when nobody said so and none was started."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        try:
            return self.database_note.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise NoDatabase("no DATABASE_URL; `salur up` starts a database of its own") from None

    @property
    def database_note(self) -> Path:
        """Where `salur up` says, while it runs, which database it started."""
        return self.data_dir / "database.url"

    @property
    def is_production(self) -> bool:
        """Whether real people's reports are at stake: no demo, no development comforts."""
        return self.environment == "production"


def read_settings() -> Settings:
    """The settings of this process. Raises `UnknownSettings` or pydantic's `ValidationError`."""
    known = {name.upper() for name in Settings.model_fields}
    unknown = sorted(
        name for name in os.environ if name.startswith(PREFIX) and name[len(PREFIX) :].split("__")[0] not in known
    )
    if unknown:
        raise UnknownSettings(unknown)
    return Settings()


class NoDatabase(Exception):
    """A command needs a database and nobody said where it is."""


class UnknownSettings(Exception):
    """Variables with our prefix that mean nothing here."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"unknown settings: {', '.join(names)}; docs/operating.md lists the known ones")
        self.names = names
