-- Events are read in the order of their transactions: commit order is not id order, and whatever lies below every running transaction
-- is complete. The index by id served nobody any more.
create index event_feed on event (tenant_id, mode, tx, id);
drop index event_tenant;
