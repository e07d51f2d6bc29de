"""Whether a role may ever use a field: asked before any row is read. Which rows, the verb and the reader decide."""

from typing import Any

from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import AsyncExtensionResolver

from complaints.policy import require
from graph.context import Info
from rules.vocabulary import Action


class Guard(FieldExtension):
    """The one permission of a root field. A field without a guard stops the schema from being built."""

    def __init__(self, action: Action, *, accepts_ended_session: bool = False) -> None:
        """`accepts_ended_session`: signing in must be possible with an ended session still in the browser."""
        self.action = action
        self._accepts_ended_session = accepts_ended_session

    async def resolve_async(self, next_: AsyncExtensionResolver, source: Any, info: Info, **kwargs: Any) -> Any:
        """Ask, then go on; raises `NotSignedIn` or `NotAllowed`."""
        context = info.context
        if context.denied is not None and not self._accepts_ended_session:
            # Somebody who believes to be signed in is told so, instead of filing as a stranger.
            raise context.denied
        require(context.actor, self.action)
        return await next_(source, info, **kwargs)
