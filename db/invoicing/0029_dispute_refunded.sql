-- What PayPal gives back in a dispute it tells twice: as the end of the dispute, and as a refund of the charge, which does not name it. The
-- same money is booked once; what of a lost dispute is booked as a refund is kept here. Expand step: the release before writes no refunds
-- against disputes, and its rows say nothing of them.

alter table dispute add column refunded_minor bigint not null default 0 check (refunded_minor >= 0);
grant update (refunded_minor) on dispute to kontor_invoicing_service;
