"""Reading around a case: who has it open, and answers kept ready."""

import strawberry
from strawberry import relay

from complaints import reading
from complaints.casework.presence import present
from complaints.casework.templates import templates, values_of
from complaints.edges import fetch_edges
from complaints.refusals import NotFound
from graph.context import Info
from graph.guard import Guard
from graph.ids import row_id
from graph.types.casework import AnswerTemplate, CasePresence, TemplateVariable
from graph.types.complaint import standing_of
from rules.templates import filled
from rules.vocabulary import Action


@strawberry.type
class CaseworkQuery:
    """`casePresence`, `answerTemplates`, `templateVariables`, `filledTemplate`."""

    @strawberry.field(
        extensions=[Guard(Action.READ_QUEUE)], description="Who has a case open just now; none if it is not yours."
    )
    async def case_presence(self, info: Info, id: relay.GlobalID) -> list[CasePresence]:
        """First come first."""
        context = info.context
        now = context.tools.workshop.clock()
        rows = await context.reader.rows(present(context.actor, row_id(id, "Complaint"), now))
        return [CasePresence.of(context, row) for row in rows]

    @strawberry.field(
        extensions=[Guard(Action.READ_QUEUE)], description="Answers kept ready by your agency and the national desk."
    )
    async def answer_templates(self, info: Info) -> list[AnswerTemplate]:
        """By name."""
        context = info.context
        return [AnswerTemplate.of(context, row) for row in await context.reader.rows(templates(context.actor))]

    @strawberry.field(extensions=[Guard(Action.READ_QUEUE)], description="What may stand in braces in a template.")
    async def template_variables(self) -> list[TemplateVariable]:
        """All of them."""
        return TemplateVariable.every()

    @strawberry.field(
        extensions=[Guard(Action.READ_QUEUE)],
        description="A template with the variables of a case filled in, to look over before it is sent.",
    )
    async def filled_template(self, info: Info, id: relay.GlobalID, complaint_id: relay.GlobalID) -> str:
        """Raises `NotFound` for either."""
        context = info.context
        wanted = row_id(id, "AnswerTemplate")
        rows = await context.reader.rows(templates(context.actor))
        template = next((row for row in rows if row.id == wanted), None)
        if template is None:
            raise NotFound("AnswerTemplate", "id")
        case = await context.reader.one(reading.one(context.actor, row_id(complaint_id, "Complaint", "complaintId")))
        if case is None or not case.is_handler:
            raise NotFound("Complaint", "complaintId")
        texts = await fetch_edges(context.reader, ["text"], {case.id: standing_of(case)})
        text = texts["text"].get(case.id)
        return filled(template.body, values_of(case, None if text is None else text.title, context.knowledge))
