-- The last line behind the money engine: a document whose amounts do not add up, or that a JSON number could not carry
-- exactly (RFC 8259, 6), is not written, whoever writes it. Expand step: every released row holds to both.
alter table document
  -- EN 16931-1, BR-CO-15: BT-112 = BT-109 + BT-110, also in gross prices.
  add constraint document_adds_up check (gross_minor = net_minor + vat_minor),
  add constraint document_amounts_exact check (
    greatest(abs(net_minor), abs(vat_minor), abs(gross_minor), abs(payable_minor)) <= 9007199254740991);
