-- Reserved.
-- depends: 0011_violations_checked

select 1;
