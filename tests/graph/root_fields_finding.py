"""The root fields of search, merging and saved views."""

from models import new_id
from rules.vocabulary import Action
from tests.graph.root_fields import SEEN, change, query
from tests.graph.support import gid

FIELDS = {
    "search": query(Action.READ_COMPLAINT, 'search(text: "jalan") { totalCount edges { cursor } }'),
    "similarReports": query(Action.ASK_ADVICE, 'similarReports(text: "jalan rusak") { score }'),
    "similarClusters": query(Action.READ_QUEUE, "similarClusters { firstAt }"),
    "savedViews": query(Action.READ_QUEUE, "savedViews { id }"),
    "mergeComplaints": change(
        "mergeComplaints", Action.MERGE, input={**SEEN, "parentId": gid("Complaint", new_id()), "reason": "Sama."}
    ),
    "unmergeComplaints": change("unmergeComplaints", Action.MERGE, input={**SEEN, "reason": "Beda."}),
    "followUpMany": change("followUpMany", Action.FOLLOW_UP, items=[], text="Dikerjakan.", audience="EVERYONE"),
    # No name: refused before anybody is asked for an account.
    "saveView": change("saveView", Action.READ_QUEUE, input={"name": "", "filter": {}}),
    "deleteView": change("deleteView", Action.READ_QUEUE, id=gid("SavedView", new_id())),
}
