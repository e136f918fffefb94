-- Reserved.
-- depends: 0016_reports

select 1;
