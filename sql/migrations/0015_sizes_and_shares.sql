-- Reserved.
-- depends: 0014_authority

select 1;
