-- name: dataset_insert
INSERT INTO dataset (project_id, id, name, created_at, body) VALUES (:project_id, :id, :name, :created_at, :body)
ON CONFLICT DO NOTHING RETURNING 1;

-- name: dataset_get
SELECT body FROM dataset WHERE project_id = :project_id AND id = :id;

-- name: dataset_by_name
SELECT body FROM dataset WHERE project_id = :project_id AND name = :name;

-- name: dataset_update
-- Nothing where another dataset has the name.
UPDATE OR IGNORE dataset SET name = :name, body = :body WHERE project_id = :project_id AND id = :id RETURNING 1;

-- name: dataset_delete
DELETE FROM dataset WHERE project_id = :project_id AND id = :id RETURNING no;

-- name: dataset_gone_insert
INSERT INTO dataset_gone (dataset_no) VALUES (:dataset_no);

-- name: dataset_gone_next
SELECT dataset_no FROM dataset_gone LIMIT 1;

-- name: dataset_gone_delete
-- By the number of the dataset: the sweep.
DELETE FROM dataset_gone WHERE dataset_no = :dataset_no;

-- name: dataset_items_free
-- By the number of the dataset: the sweep.
DELETE FROM dataset_item WHERE no IN (
    SELECT no FROM dataset_item WHERE dataset_no = :dataset_no LIMIT :limit
) RETURNING 1;

-- name: dataset_item_insert
INSERT INTO dataset_item (project_id, id, dataset_no, body)
SELECT project_id, :id, no, :body FROM dataset WHERE project_id = :project_id AND id = :dataset_id
ON CONFLICT DO NOTHING RETURNING 1;

-- name: dataset_item_get
-- Not one whose dataset has gone.
SELECT item.body FROM dataset_item AS item
CROSS JOIN dataset ON dataset.no = item.dataset_no
WHERE item.project_id = :project_id AND item.id = :id;

-- name: dataset_item_delete
DELETE FROM dataset_item WHERE project_id = :project_id AND id = :id RETURNING 1;

-- name: dataset_items_after
SELECT item.body FROM dataset
CROSS JOIN dataset_item AS item ON item.dataset_no = dataset.no
WHERE dataset.project_id = :project_id AND dataset.id = :dataset_id
  AND item.no > coalesce((SELECT no FROM dataset_item WHERE project_id = :project_id AND id = :after), 0)
ORDER BY item.no LIMIT :limit;
