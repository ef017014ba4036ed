// usage: oracle CFG INPUT.f32 TRUTH.f32 STEPS ITERATION SEEN THRESH OUT
#include "network.h"
#include "parser.h"
#include "utils.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static float *slurp(const char *name, long *n){ FILE *f=fopen(name,"rb"); fseek(f,0,SEEK_END); *n=ftell(f)/4; rewind(f); float *x=malloc(*n*4+4); if(fread(x,4,*n,f)!=*n) exit(9); fclose(f); return x; }
static void dump(const char *out,const char *what,int step,int layer,const float *x,long n){ char name[4096]; sprintf(name,"%s_s%d_l%03d_%s.f32",out,step,layer,what); FILE *f=fopen(name,"wb"); fwrite(x,4,n,f); fclose(f); }
int main(int argc,char **argv){
  srand(7);
  network net=parse_network_cfg_custom(argv[1],0,0);
  char name[4096]; sprintf(name,"%s.weights",argv[8]); save_weights(net,name);
  long nx,nt; float *x=slurp(argv[2],&nx),*t=slurp(argv[3],&nt);
  int steps=atoi(argv[4]); *net.cur_iteration=atoi(argv[5]); *net.seen=atoi(argv[6]); float thresh=atof(argv[7]);
  for(int s=0;s<steps;s++){
    *net.seen += net.batch;
    network_state state={0}; state.index=0; state.net=net; state.train=1;
    state.input=x+s*(nx/steps); state.truth=t+s*(nt/steps);
    state.delta=0;
    for(int i=0;i<net.n;i++){ if(net.layers[i].delta) memset(net.layers[i].delta,0,4L*net.layers[i].outputs*net.layers[i].batch); }
    forward_network(net,state);
    for(int i=0;i<net.n;i++){ layer l=net.layers[i]; if(!l.cost) continue;
      dump(argv[8],"output",s,i,l.output,(long)l.outputs*l.batch);
      dump(argv[8],"delta",s,i,l.delta,(long)l.outputs*l.batch);
      dump(argv[8],"cost",s,i,l.cost,1); }
    (*net.cur_iteration)++;
  }
  if(thresh>0){ int n=0; int letter=0; detection *d=get_network_boxes(&net,net.w,net.h,thresh,.5,0,1,&n,letter);
    int K=net.layers[net.n-1].classes; float *rows=calloc((5+K)*(n+1),4);
    for(int i=0;i<n;i++){ float *r=rows+i*(5+K); r[0]=d[i].bbox.x;r[1]=d[i].bbox.y;r[2]=d[i].bbox.w;r[3]=d[i].bbox.h;r[4]=d[i].objectness; for(int k=0;k<K;k++) r[5+k]=d[i].prob[k]; }
    dump(argv[8],"boxes",steps-1,net.n-1,rows,(long)(5+K)*n); }
  return 0; }
