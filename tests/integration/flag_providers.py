"""Providers of OpenFeature that a test names as ``module:name``."""

import os
import time

from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.event import ProviderEventDetails
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagResolutionDetails, Reason
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider

VARIANTS = {"on": True, "off": False}


def flag(value):
    return InMemoryFlag("on" if value else "off", VARIANTS)


class Memory(InMemoryProvider):
    """Knows two flags, and one that is not a boolean."""

    def __init__(self):
        super().__init__({"go": flag(True), "halt": flag(False), "text": InMemoryFlag("a", {"a": "true"})})


MEMORY = Memory()


def ofrep():
    return OFREPProvider(os.environ["FLAGS_URL"], headers_factory=lambda: {"X-Key": "s3cr3t"})


class HangsAtStart(Memory):
    def initialize(self, evaluation_context):
        time.sleep(60)


class FailsAtStart(Memory):
    def initialize(self, evaluation_context):
        raise OSError("https://bob:hunter2@flags")


class FailsOnce(Memory):
    """Its first start fails."""

    starts = 0

    def initialize(self, evaluation_context):
        self.starts += 1
        if self.starts == 1:
            raise OSError


class Says(Memory):
    """Says ``value`` for ``reason``, after ``seconds``."""

    value, reason, seconds = True, Reason.STATIC, 0.0

    def resolve_boolean_details(self, flag_key, default_value, evaluation_context=None):
        time.sleep(self.seconds)
        return FlagResolutionDetails(self.value, reason=self.reason, variant="on")


class Hangs(Says):
    seconds = 60


class HangsWhateverOneDoes(Memory):
    def resolve_boolean_details(self, flag_key, default_value, evaluation_context=None):
        while True:
            try:
                time.sleep(60)
            except BaseException:  # noqa: BLE001 that is the point
                continue


class IsStale(Says):
    reason = Reason.STALE


class IsDisabled(Says):
    reason = Reason.DISABLED


class HasOwnDefault(Says):
    reason = Reason.DEFAULT


class SaysNoReason(Says):
    reason = None


class SaysOne(Says):
    value = 1


class Raises(Memory):
    def resolve_boolean_details(self, flag_key, default_value, evaluation_context=None):
        raise OSError("https://bob:hunter2@flags")


class HasNoName(Memory):
    def get_metadata(self):
        raise OSError("https://bob:hunter2@flags")


class LosesTouch(Says):
    """Goes on to say yes, but tells that it is in trouble."""

    def resolve_boolean_details(self, flag_key, default_value, evaluation_context=None):
        self.emit_provider_error(ProviderEventDetails(message="gone", error_code=ErrorCode.GENERAL))
        return super().resolve_boolean_details(flag_key, default_value, evaluation_context)


class GrowsStale(Says):
    def resolve_boolean_details(self, flag_key, default_value, evaluation_context=None):
        self.emit_provider_stale(ProviderEventDetails())
        return super().resolve_boolean_details(flag_key, default_value, evaluation_context)


class GivesUp(Memory):
    def initialize(self, evaluation_context):
        self.emit_provider_error(ProviderEventDetails(error_code=ErrorCode.PROVIDER_FATAL))
        raise OSError
