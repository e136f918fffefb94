-- Reserved.
-- depends: 0013_parties

select 1;
