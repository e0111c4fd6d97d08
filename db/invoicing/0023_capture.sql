-- How much of what is held a capture takes: a request that is repeated has to be the same. Expand step.

alter table charge_step add column amount_minor bigint check (amount_minor > 0);
