"""Operations: how one ends."""

from clew.domain.index import Index, IndexFile, IndexingState
from clew.domain.operation import CANCELLED, Operation, fail, succeed

OPERATION = Operation(project_id="p", id="op_1", created_at=1, modified_at=1, index_id="vs_1")
INDEX = Index(project_id="p", id="vs_1", created_at=1, updated_at=1, last_active_at=1)
FILE = IndexFile(project_id="p", index_id="vs_1", file_id="file-1", created_at=1, state=IndexingState.COMPLETED)


def test_what_made_an_index_has_it_as_its_result_and_what_added_files_has_those():
    makes = Operation(project_id="p", id="op_2", created_at=1, modified_at=1, index_id="vs_1", makes_index=True)
    made, added = (succeed(one, now=2, index=INDEX, files=(FILE,)) for one in (makes, OPERATION))
    assert (made.done, made.modified_at, made.result_index, made.result_files) == (True, 2, INDEX, ())
    assert (added.done, added.modified_at, added.result_index, added.result_files) == (True, 2, None, (FILE,))


def test_what_failed_has_an_error_and_nothing_to_show():
    failed = fail(OPERATION, now=3, error=CANCELLED)
    assert (failed.done, failed.modified_at, failed.error, failed.result_index) == (True, 3, CANCELLED, None)
