process.stdout.write('sandlight\n');
