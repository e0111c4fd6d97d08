-- Lists of drafts, of void invoices and of quotes by what ended them, without reading what they leave out. Expand step: the release
-- before asks for none of them.

create index document_draft on document (tenant_id, mode, document_type, id) where state = 'draft';
create index document_void_tenant on document_void (tenant_id, document_id);
create index quote_step_tenant on quote_step (tenant_id, step, quote_id);
