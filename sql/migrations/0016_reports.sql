-- Reserved.
-- depends: 0015_sizes_and_shares

select 1;
