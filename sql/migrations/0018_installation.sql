-- Reserved.
-- depends: 0017_doors

select 1;
