"""IamTokenService: some clients exchange what they were given for a token. Here a token is the key itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import UNKNOWN_CREDENTIALS, Code, Refusal
from clew.dialects.yandex.mapping.common import time_to_wire
from clew.domain.expiration import SECOND

if TYPE_CHECKING:
    from clew.dialects.yandex.call import Call
    from clew.service.core import Core

LIVES_SECONDS: Final = 12 * 3600
"""After so long clients ask again; the key itself lives on."""


async def create(core: Core, call: Call, request: wire.CreateIamTokenRequest) -> wire.CreateIamTokenResponse:
    """`Create`. Takes an OAuth token that is a key of ours; signed service-account tokens cannot be checked here."""
    if request.WhichOneof("identity") != "yandex_passport_oauth_token":
        raise Refusal(Code.INVALID_ARGUMENT, "yandex_passport_oauth_token: field is required")
    if await call.admit(request.yandex_passport_oauth_token) is None:
        raise Refusal(Code.UNAUTHENTICATED, UNKNOWN_CREDENTIALS)
    return wire.CreateIamTokenResponse(
        iam_token=request.yandex_passport_oauth_token,
        expires_at=time_to_wire(core.now() + LIVES_SECONDS * SECOND),
    )
