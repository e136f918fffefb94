-- Reserved.
-- depends: 0012_judged_offers

select 1;
